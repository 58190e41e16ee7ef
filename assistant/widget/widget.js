/* Tanya's blog widget: questions about the post that the reader is on, answers whose quotes light up in it.
   One file, no dependencies, no build. Text that is received becomes text nodes, never markup. See docs/widget.md. */
(() => {
  "use strict";

  const script = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
  const NAME = "tanya-widget";
  if (!script || document.querySelector(NAME)) return;

  const options = script.dataset;
  const base = script.src.slice(0, script.src.indexOf("/widget.js"));
  const article = options.article || null;
  const storageKey = `tanya:${base}:${article ?? ""}`;
  const MOST_KEPT = 20;
  const MOST_SENT = 6;
  const LONGEST_QUESTION = 2000;
  const PATIENCE_MS = 30_000;

  const TEXTS = {
    id: {
      title: "Tanya artikel ini",
      welcome: "Ada yang ingin ditanyakan? Jawabannya diambil dari artikel, lengkap dengan kalimat aslinya.",
      placeholder: "Tulis pertanyaan…",
      send: "Kirim",
      stop: "Hentikan",
      close: "Tutup",
      clear: "Hapus percakapan",
      you: "Anda",
      searching: "Mencari di artikel…",
      conversation: "Percakapan",
      suggestions: "Contoh pertanyaan",
      sources: (count) => `${count} kutipan dari artikel`,
      source: (number) => `Kutipan ${number}`,
      translation: "Terjemahan",
      generated: "Ditulis oleh model bahasa; tiap kalimat diperiksa terhadap kutipannya.",
      show: "Tunjukkan di artikel",
      shown: "Kalimatnya disorot di artikel.",
      missing: "Kalimat ini tidak ada di halaman ini; mungkin artikelnya sudah diubah.",
      copy: "Salin",
      copied: "Tersalin",
      stopped: "Dihentikan.",
      offline: "Tidak ada sambungan internet.",
      failed: "Jawaban tidak bisa diambil.",
      busy: (seconds) => `Terlalu banyak pertanyaan. Coba lagi dalam ${seconds} detik.`,
      retry: "Coba lagi",
      powered: "Dijawab oleh Tanya",
    },
    en: {
      title: "Ask this article",
      welcome: "What would you like to know? Answers come from the article, with the sentences they stand on.",
      placeholder: "Ask a question…",
      send: "Send",
      stop: "Stop",
      close: "Close",
      clear: "Clear the conversation",
      you: "You",
      searching: "Looking in the article…",
      conversation: "Conversation",
      suggestions: "Example questions",
      sources: (count) => `${count} ${count === 1 ? "quote" : "quotes"} from the article`,
      source: (number) => `Quote ${number}`,
      translation: "Translation",
      generated: "Written by a language model, each sentence checked against its quotes.",
      show: "Show in the article",
      shown: "The sentence is highlighted in the article.",
      missing: "This sentence is not on this page; the article may have changed.",
      copy: "Copy",
      copied: "Copied",
      stopped: "Stopped.",
      offline: "There is no internet connection.",
      failed: "The answer could not be fetched.",
      busy: (seconds) => `Too many questions. Try again in ${seconds} seconds.`,
      retry: "Try again",
      powered: "Answered by Tanya",
    },
  };

  const language = chooseLanguage(options.lang);
  const texts = TEXTS[language];

  function chooseLanguage(wanted) {
    const offered = wanted && wanted !== "auto" ? wanted : document.documentElement.lang || navigator.language;
    return /^(id|in|ms)\b/i.test(offered) ? "id" : "en";
  }

  // ---- The page: finding a quote in it and lighting it up ----

  const HIGHLIGHT = "tanya-quote";
  const NOT_TEXT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "TEXTAREA", "SELECT", "IFRAME", NAME.toUpperCase()]);
  const folded = new Map();

  /** A character's letters and digits without case, accents and typography: what themes leave alone. */
  function fold(character) {
    let letters = folded.get(character);
    if (letters === undefined) {
      letters = character.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
      folded.set(character, letters);
    }
    return letters;
  }

  const foldText = (text) => Array.from(text, fold).join("");

  /** The page's letters in order, each with its text node and offset; `opens[i]`: a word may begin at letter i. */
  function readPage() {
    const page = { letters: "", nodes: [], node: [], offset: [], opens: [] };
    const parts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, {
      acceptNode: (node) => (NOT_TEXT.has(node.nodeName.toUpperCase()) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT),
    });
    while (walker.nextNode()) {
      if (walker.currentNode.nodeType !== Node.TEXT_NODE) continue;
      const number = page.nodes.push(walker.currentNode) - 1;
      let offset = 0;
      let opens = true;
      for (const character of walker.currentNode.data) {
        const letters = fold(character);
        for (let at = 0; at < letters.length; at++) {
          page.node.push(number);
          page.offset.push(offset);
          page.opens.push(opens);
          opens = false;
        }
        if (!letters && !/\p{M}/u.test(character)) opens = true;
        parts.push(letters);
        offset += character.length;
      }
    }
    page.letters = parts.join("");
    return page;
  }

  /** The range of the page that shows the quote; of several the one between the right neighbours. */
  function findQuote({ text, before, after }) {
    const wanted = foldText(text);
    if (!wanted) return null;
    const page = readPage();
    const [left, right] = [foldText(before), foldText(after)];
    let best = null;
    let bestScore = -1;
    for (let at = page.letters.indexOf(wanted); at >= 0; at = page.letters.indexOf(wanted, at + 1)) {
      const end = at + wanted.length;
      if (!page.opens[at] || page.opens[end] === false || !canBeSeen(page.nodes[page.node[at]].parentElement)) continue;
      const score = commonEnd(page.letters.slice(Math.max(0, at - left.length), at), left)
        + commonStart(page.letters.slice(end, end + right.length), right);
      if (score > bestScore) [best, bestScore] = [[at, end - 1], score];
    }
    return best && rangeOf(page, best[0], best[1], text);
  }

  function canBeSeen(element) {
    return element.closest("details:not([open])") !== null || (element.checkVisibility?.() ?? element.getClientRects().length > 0);
  }

  function commonStart(one, other) {
    let length = 0;
    while (length < one.length && one[length] === other[length]) length++;
    return length;
  }

  const commonEnd = (one, other) => commonStart([...one].reverse(), [...other].reverse());

  /** From the first letter to the last, with as much punctuation around them as the quote has. */
  function rangeOf(page, first, last, text) {
    const characters = Array.from(text);
    const leading = characters.findIndex(fold);
    const trailing = [...characters].reverse().findIndex(fold);
    let start = page.offset[first];
    const startNode = page.nodes[page.node[first]];
    for (let left = leading; left > 0 && start > 0 && isPunctuation(startNode.data[start - 1]); left--) start--;
    let number = page.node[last];
    let end = page.offset[last] + (startNode.data.codePointAt(page.offset[last]) > 0xffff ? 2 : 1);
    for (let left = trailing; left > 0; left--) {
      let [next, at] = [number, end];
      while (next < page.nodes.length - 1 && at >= page.nodes[next].length) [next, at] = [next + 1, 0];
      if (!isPunctuation(page.nodes[next].data[at] ?? " ")) break;
      [number, end] = [next, at + 1];
    }
    const range = document.createRange();
    range.setStart(startNode, start);
    range.setEnd(page.nodes[number], end);
    return range;
  }

  const isPunctuation = (character) => !/\s/.test(character) && !fold(character);

  function lightUp(range) {
    for (let box; (box = range.startContainer.parentElement.closest("details:not([open])")); ) box.open = true;
    if (globalThis.Highlight && CSS.highlights) {
      CSS.highlights.set(HIGHLIGHT, new Highlight(range));
    } else {
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
    scrollTo(range);
  }

  /** The quote into the upper part of the window, and into view within boxes that scroll by themselves. */
  function scrollTo(range) {
    const page = document.scrollingElement;
    for (let box = range.startContainer.parentElement; box && box !== page; box = box.parentElement) {
      if (!/auto|scroll/.test(getComputedStyle(box).overflow)) continue;
      const [quote, frame] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
      if (quote.top < frame.top || quote.bottom > frame.bottom) box.scrollTop += quote.top - frame.top - frame.height / 5;
      if (quote.left < frame.left || quote.right > frame.right) box.scrollLeft += quote.left - frame.left;
    }
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = page.scrollTop + range.getBoundingClientRect().top - innerHeight / 5;
    page.scrollTo({ top, behavior: calm ? "instant" : "smooth" });
  }

  // ---- The server ----

  class Refusal extends Error {}

  /** The events of an answer: [name, content]. */
  async function* ask(question, history, signal) {
    const response = await fetch(`${base}/api/ask`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, history, article }),
      credentials: "omit",
      signal,
    });
    if (!response.ok) throw new Refusal(await reasonFor(response));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer += value;
      const records = buffer.split("\n\n");
      buffer = records.pop();
      for (const record of records) {
        const fields = Object.fromEntries(record.split("\n").map((line) => line.split(/: (.*)/s, 2)));
        if (fields.event) yield [fields.event, JSON.parse(fields.data)];
      }
    }
  }

  async function reasonFor(response) {
    if (response.status === 429) return texts.busy(Number(response.headers.get("Retry-After")) || 60);
    if (response.status !== 422) return texts.failed;
    const problem = await response.json().catch(() => ({}));
    return String(problem.detail || texts.failed);
  }

  let articles = null;

  /** What the server knows about its articles, by slug; asked for once, when the reader opens the panel. */
  async function fetchArticles() {
    if (!articles) {
      const response = await fetch(`${base}/api/articles`, { credentials: "omit" });
      if (!response.ok) throw new Refusal(texts.failed);
      articles = new Map((await response.json()).map((each) => [each.slug, each]));
    }
    return articles;
  }

  function starters() {
    const asked = article ? [articles.get(article)] : [...articles.values()];
    const lists = asked.filter(Boolean).map((each) => each.suggestions[language]);
    return lists.length === 1 ? lists[0] : lists.map((list) => list[0]).filter(Boolean).slice(0, 4);
  }

  /** A link of the server's as an address to open; nothing but http and https. */
  function addressOf(link) {
    try {
      const url = new URL(link.startsWith("/") ? base + link : link);
      return /^https?:$/.test(url.protocol) ? url.href : null;
    } catch {
      return null;
    }
  }

  // ---- Building nodes ----

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }

  const ICONS = {
    chat: "M4 4h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9l-5 4V5a1 1 0 0 1 0-1zM8 9h8M8 13h5",
    close: "M6 6l12 12M18 6L6 18",
    clear: "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
    send: "M5 12h13M12 5l7 7-7 7",
    stop: "M7 7h10v10H7z",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", ICONS[name]);
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(path);
    return svg;
  }

  /** An answer's text as nodes: paragraphs, lists, tables, bold words and citation marks. */
  function renderText(text, mark) {
    return text.split(/\n{2,}/).filter((block) => block.trim()).flatMap((block) => renderBlock(block.split("\n"), mark));
  }

  function renderBlock(lines, mark) {
    const nodes = [];
    for (let at = 0; at < lines.length; ) {
      const kind = kindOf(lines, at);
      const from = at++;
      while (at < lines.length && kindOf(lines, at) === kind) at++;
      nodes.push(RENDERERS[kind](lines.slice(from, at), mark));
    }
    return nodes;
  }

  function kindOf(lines, at) {
    if (/^\s*\|.*\|\s*$/.test(lines[at])) return "table";
    if (/^\s*[-*] /.test(lines[at])) return "bullets";
    return /^\s*\d{1,3}[.)] /.test(lines[at]) ? "numbers" : "paragraph";
  }

  const renderItem = (line, mark) => element("li", {}, renderInline(line.replace(/^\s*([-*]|\d+[.)]) /, ""), mark));

  const RENDERERS = {
    paragraph: (lines, mark) =>
      element("p", {}, lines.flatMap((line, at) => [at ? element("br") : null, ...renderInline(line, mark)])),
    bullets: (lines, mark) => element("ul", {}, lines.map((line) => renderItem(line, mark))),
    numbers: (lines, mark) => element("ol", { start: parseInt(lines[0], 10) }, lines.map((line) => renderItem(line, mark))),
    table: (lines, mark) => {
      const rows = lines.filter((line) => !/^[\s|:-]+$/.test(line)).map((line) => cellsOf(line));
      const cell = (tag) => (text) => element(tag, tag === "th" ? { scope: "col" } : {}, renderInline(text, mark));
      const [head, ...body] = rows.map((cells, at) => element("tr", {}, cells.map(cell(at ? "td" : "th"))));
      return element("div", { class: "table", tabindex: "0", role: "group" }, element("table", {},
        element("thead", {}, head), element("tbody", {}, body)));
    },
  };

  const cellsOf = (line) =>
    line.trim().slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

  function renderInline(text, mark) {
    return text.split(/(\*\*[^*]+\*\*|\[\d{1,3}\])/).map((part) => {
      if (/^\*\*[^*]+\*\*$/.test(part)) return element("strong", {}, renderInline(part.slice(2, -2), mark));
      return (/^\[\d+\]$/.test(part) && mark(Number(part.slice(1, -1)))) || part;
    });
  }

  // ---- The panel ----

  const STYLE = `
:host { all: initial; color-scheme: light dark;
  --paper: #fff; --ink: #1d2127; --faint: #5a626d; --line: #dcdfe4; --wash: #f3f5f7; --danger: #a3201d;
  --accent: #0f766e; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :host {
  --paper: #1b1e23; --ink: #e6e8eb; --faint: #a7afba; --line: #3b4048; --wash: #272b32; --danger: #ff9d97; } }
* { box-sizing: border-box; font: inherit; color: inherit; }
.root { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; color: var(--ink); }
[hidden] { display: none !important; }
button, a { cursor: pointer; }
button { border: 0; background: none; padding: 0; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; border-radius: 6px; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.launcher, .panel { position: fixed; z-index: 2147483000; right: 20px; bottom: 20px; bottom: max(20px, env(safe-area-inset-bottom)); }
.left .launcher, .left .panel { right: auto; left: 20px; }
.launcher { display: flex; align-items: center; gap: 8px; padding: 12px 18px; border-radius: 999px; font-weight: 600;
  background: var(--accent); color: var(--on-accent); box-shadow: 0 4px 16px rgb(0 0 0 / .25); }
.launcher:focus-visible { border-radius: 999px; }
.panel { display: flex; flex-direction: column; width: 390px; height: 600px; max-height: 68vh; max-height: 68dvh;
  background: var(--paper); border: 1px solid var(--line); border-radius: 16px; overflow: hidden;
  box-shadow: 0 12px 40px rgb(0 0 0 / .25); animation: rise .16s ease-out; }
@keyframes rise { from { transform: translateY(12px); opacity: 0; } }
header { display: flex; align-items: center; gap: 4px; padding: 8px 8px 8px 16px; border-bottom: 1px solid var(--line); }
h2 { flex: 1; margin: 0; font-size: 16px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 8px; color: var(--faint); }
.tool:hover { background: var(--wash); color: var(--ink); }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; gap: 12px; }
.log:focus-visible { outline-offset: -2px; }
.welcome { margin: 0; color: var(--faint); }
.question { align-self: flex-end; max-width: 85%; padding: 8px 14px; border-radius: 16px 16px 4px 16px;
  background: var(--accent); color: var(--on-accent); white-space: pre-wrap; overflow-wrap: anywhere; }
.answer { overflow-wrap: anywhere; }
.answer p, .answer ul, .answer ol { margin: 0 0 8px; }
.answer ul, .answer ol { padding-left: 20px; }
.answer li { margin: 4px 0; }
strong, th, summary { font-weight: 600; }
.table { overflow-x: auto; margin: 0 0 8px; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 8px 10px; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { background: var(--wash); }
tbody tr:last-child td { border-bottom: 0; }
td + td, th + th { border-left: 1px solid var(--line); }
.mark { display: inline-block; min-width: 20px; padding: 0 5px; margin: 0 1px; border-radius: 6px; background: var(--wash);
  border: 1px solid var(--line); font-size: 12px; line-height: 18px; font-weight: 600; text-align: center; text-decoration: none; }
.mark:hover, .mark[aria-current], .source:hover .mark, .source[aria-current] .mark { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
details { margin: 4px 0 8px; }
summary { cursor: pointer; font-size: 14px; color: var(--faint); padding: 4px 0; }
.source { display: grid; grid-template-columns: auto 1fr; gap: 0 8px; padding: 8px; margin: 0 -8px; border-radius: 8px;
  text-align: left; text-decoration: none; font-size: 14px; }
.source:hover { background: var(--wash); }
.source .mark { align-self: start; }
.source .heading { color: var(--faint); font-size: 13px; }
.source .text { grid-column: 2; }
.source .translation { grid-column: 2; color: var(--faint); margin-top: 2px; }
.note { margin: 0; font-size: 12px; color: var(--faint); }
.actions { display: flex; gap: 8px; }
.action { display: inline-flex; align-items: center; gap: 6px; padding: 4px 8px; margin-left: -8px; border-radius: 8px; font-size: 13px; color: var(--faint); }
.action:hover { background: var(--wash); color: var(--ink); }
.action svg { width: 15px; height: 15px; }
.failure { color: var(--danger); }
.failure button { margin-left: 8px; text-decoration: underline; font-weight: 600; }
.pending { color: var(--faint); animation: pulse 1.2s ease-in-out infinite alternate; }
@keyframes pulse { to { opacity: .6; } }
.suggestions { display: flex; flex-wrap: wrap; gap: 8px; margin: 0; padding: 0; list-style: none; }
.suggestions button { padding: 6px 12px; border: 1px solid var(--line); border-radius: 999px; font-size: 14px; text-align: left; }
.suggestions button:hover { background: var(--wash); }
form { display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px; border-top: 1px solid var(--line); }
textarea { flex: 1; min-height: 40px; max-height: 120px; padding: 8px 12px; border: 1px solid var(--faint); border-radius: 12px;
  background: var(--paper); resize: none; field-sizing: content; font-size: 16px; line-height: 22px; }
textarea:focus-visible { outline-offset: -1px; border-radius: 12px; border-color: transparent; }
textarea::placeholder { color: var(--faint); opacity: 1; }
.send { display: grid; place-items: center; flex: none; width: 40px; height: 40px; border-radius: 12px; background: var(--accent); color: var(--on-accent); }
.powered { margin: 0; padding: 0 12px 8px; font-size: 12px; color: var(--faint); text-align: center; }
@media (max-width: 520px) {
  .panel, .left .panel { left: 0; right: 0; bottom: 0; width: auto; height: 85vh; height: 85dvh; max-height: none;
    border-radius: 16px 16px 0 0; border-width: 1px 0 0; padding-bottom: env(safe-area-inset-bottom); }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media (forced-colors: active) { .panel, .launcher, .mark { border: 1px solid; } }
@media print { .root { display: none; } }`;

  const HIGHLIGHT_STYLE = `::highlight(${HIGHLIGHT}) { background-color: #ffe169; color: #1d2127; }`;

  const host = element(NAME);
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [styleSheet(STYLE)];
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, styleSheet(HIGHLIGHT_STYLE)];

  function styleSheet(text) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  }

  const title = options.title || texts.title;
  const launcher = element("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false",
    onclick: () => open() }, icon("chat"), title);
  const log = element("div", { class: "log", role: "log", tabindex: "0", "aria-label": texts.conversation });
  const field = element("textarea", { rows: "1", maxlength: LONGEST_QUESTION, placeholder: texts.placeholder,
    "aria-label": texts.placeholder, enterkeyhint: "send", onkeydown: sendOnEnter });
  const send = element("button", { class: "send", type: "submit", "aria-label": texts.send }, icon("send"));
  const panel = element("section", { class: "panel", role: "dialog", "aria-labelledby": "title", tabindex: "-1", hidden: true },
    element("header", {},
      element("h2", { id: "title" }, title),
      tool("clear", texts.clear, clear),
      tool("close", texts.close, () => close())),
    log,
    element("form", { onsubmit: submit }, field, send),
    "poweredBy" in options ? element("p", { class: "powered" }, texts.powered) : null);
  const status = element("div", { class: "unseen", role: "status" });
  const root = element("div", { class: `root ${/left/.test(options.position) ? "left" : "right"}`, lang: language,
    onkeydown: closeOnEscape }, launcher, panel, status);

  function tool(name, label, onclick) {
    return element("button", { class: "tool", type: "button", "aria-label": label, title: label, onclick }, icon(name));
  }

  function paint(accent) {
    if (!accent || !CSS.supports("color", accent)) return;
    host.style.setProperty("--accent", accent);
    host.style.color = accent;
    const channels = getComputedStyle(host).color.match(/^rgba?\((\d+), (\d+), (\d+)/)?.slice(1) ?? [0, 0, 0];
    host.style.removeProperty("color");
    const [red, green, blue] = channels.map((value) => ((Number(value) / 255 + 0.055) / 1.055) ** 2.4);
    const isLight = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
    host.style.setProperty("--on-accent", isLight ? "#000" : "#fff");
  }

  function open() {
    panel.hidden = false;
    launcher.hidden = true;
    launcher.setAttribute("aria-expanded", "true");
    (matchMedia("(pointer: coarse)").matches ? panel : field).focus({ preventScroll: true });
    showStarters();
  }

  function close() {
    panel.hidden = true;
    launcher.hidden = false;
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus({ preventScroll: true });
  }

  function closeOnEscape(event) {
    if (event.key !== "Escape" || panel.hidden) return;
    event.stopPropagation();
    close();
  }

  function sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!answering) field.form.requestSubmit();
  }

  function announce(text) {
    status.textContent = "";
    requestAnimationFrame(() => (status.textContent = text));
  }

  // ---- The conversation ----

  /** Each exchange: the question, the Answer, and by number what the server told of each citation. */
  let exchanges = remembered();
  let answering = null;
  const welcome = element("p", { class: "welcome" }, texts.welcome);
  const suggestions = element("ul", { class: "suggestions", "aria-label": texts.suggestions });

  function remembered() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(storageKey));
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  function remember() {
    exchanges = exchanges.slice(-MOST_KEPT);
    try {
      sessionStorage.setItem(storageKey, JSON.stringify(exchanges));
    } catch {
      // A browser without storage for this site: the conversation lives as long as the page.
    }
  }

  function clear() {
    answering?.abort();
    exchanges = [];
    remember();
    CSS.highlights?.delete(HIGHLIGHT);
    log.replaceChildren(welcome, suggestions);
    if (articles) suggest(starters());
    field.focus({ preventScroll: true });
  }

  async function showStarters() {
    try {
      await fetchArticles();
      if (!exchanges.length && !answering) suggest(starters());
    } catch {
      if (!exchanges.length && !answering) showFailure(whyOffline(), showStarters);
    }
  }

  function suggest(questions) {
    const button = (question) => element("button", { type: "button", onclick: () => answer(question) }, question);
    suggestions.replaceChildren(...questions.map((question) => element("li", {}, button(question))));
    log.append(suggestions);
  }

  function submit(event) {
    event.preventDefault();
    if (answering) {
      answering.abort();
      return;
    }
    const question = field.value.trim();
    if (!question) return;
    field.value = "";
    answer(question);
  }

  const whyOffline = () => (navigator.onLine ? texts.failed : texts.offline);

  async function answer(question) {
    if (answering) return;
    answering = new AbortController();
    const mine = answering;
    const asked = askedBubble(question);
    const shown = element("div", { class: "answer" }, element("p", { class: "pending" }, texts.searching));
    suggestions.remove();
    log.append(asked, shown);
    setBusy(true);
    keepInView(asked);
    let text = "";
    let painting = 0;
    const paintPieces = () => {
      painting = 0;
      if (!text) return;
      shown.replaceChildren(...renderText(text, () => null));
      keepInView(asked);
    };
    let patience;
    const wait = () => {
      clearTimeout(patience);
      patience = setTimeout(() => mine.abort(new Refusal(texts.failed)), PATIENCE_MS);
    };
    try {
      const exchange = { question, answer: null, quotes: {} };
      wait();
      for await (const [name, content] of ask(question, history(), mine.signal)) {
        wait();
        if (name === "delta") text += content.text;
        else if (name === "citation") exchange.quotes[content.number] = content;
        else if (name === "answer") exchange.answer = content;
        else if (name === "error") throw new Refusal(texts.failed);
        painting ||= requestAnimationFrame(paintPieces);
      }
      if (!exchange.answer) throw new Refusal(texts.failed);
      exchanges.push(exchange);
      remember();
      showAnswer(shown, exchange);
      suggest(exchange.answer.suggestions);
      keepInView(asked);
    } catch (error) {
      const stopped = mine.signal.aborted && !(mine.signal.reason instanceof Refusal);
      const reason = [error, mine.signal.reason].find((each) => each instanceof Refusal)?.message ?? whyOffline();
      shown.remove();
      if (asked.isConnected) showFailure(stopped ? texts.stopped : reason, () => { asked.remove(); answer(question); });
    } finally {
      clearTimeout(patience);
      cancelAnimationFrame(painting);
      if (answering === mine) answering = null;
      setBusy(false);
    }
  }

  /** Screen readers hear a finished answer, not its pieces. */
  function setBusy(busy) {
    log.setAttribute("aria-busy", String(busy));
    send.setAttribute("aria-label", busy ? texts.stop : texts.send);
    send.replaceChildren(icon(busy ? "stop" : "send"));
  }

  function history() {
    return exchanges.slice(-MOST_SENT / 2).flatMap((exchange) => [
      { role: "user", content: exchange.question },
      { role: "assistant", content: exchange.answer.text.slice(0, LONGEST_QUESTION) },
    ]);
  }

  const askedBubble = (question) =>
    element("div", { class: "question" }, element("span", { class: "unseen" }, `${texts.you}: `), question);

  /** The answer grows below its question, which stays in sight. */
  function keepInView(asked) {
    log.scrollTop = Math.min(log.scrollHeight - log.clientHeight, asked.offsetTop - log.offsetTop - 16);
  }

  function showFailure(reason, retry) {
    const failure = element("div", { class: "failure" }, reason,
      element("button", { type: "button", onclick: () => { failure.remove(); retry(); } }, texts.retry));
    log.append(failure);
    log.scrollTop = log.scrollHeight;
  }

  function showAnswer(shown, exchange) {
    const { answer: given, quotes } = exchange;
    const mark = (number) => quotes[number] && markOf(quotes[number]);
    const body = element("div", { lang: given.language }, renderText(given.text, mark));
    const note = given.engine === "extractive" ? null : element("p", { class: "note" }, textsOf(given).generated);
    shown.replaceChildren(...[body, sourcesOf(given, quotes), note, actionsOf(given, quotes)].filter(Boolean));
  }

  function markOf(quote) {
    return linkTo(quote, { class: "mark", "aria-label": `${texts.source(quote.number)}: ${quote.text}` }, String(quote.number));
  }

  /** What stands around an answer is in the answer's language. */
  const textsOf = (given) => TEXTS[given.language] ?? texts;

  function sourcesOf(given, quotes) {
    if (!given.citations.length) return null;
    const { show, sources, translation } = textsOf(given);
    const list = given.citations.map((citation) => quotes[citation.number]).filter(Boolean).map((quote) =>
      linkTo(quote, { class: "source", title: show },
        element("span", { class: "mark" }, String(quote.number)),
        element("span", { class: "heading" }, quote.heading || quote.title),
        element("span", { class: "text", lang: articles?.get(quote.article)?.language }, `“${quote.text}”`),
        quote.translation
          ? element("span", { class: "translation", lang: given.language }, `${translation}: ${quote.translation}`)
          : null));
    return element("details", { open: list.length <= 2 }, element("summary", {}, sources(list.length)), list);
  }

  function linkTo(quote, attributes, ...children) {
    const href = addressOf(quote.link);
    const onclick = (event) => showQuote(event, quote, href);
    return element("a", { href: href ?? "#", target: "_blank", rel: "noopener", ...attributes, onclick }, ...children);
  }

  /** Light the quote up on this page; where it isn't, let the link open the article. */
  function showQuote(event, quote, href) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const range = findQuote(quote);
    if (range) {
      event.preventDefault();
      log.querySelector("[aria-current]")?.removeAttribute("aria-current");
      event.currentTarget.setAttribute("aria-current", "true");
      if (matchMedia("(max-width: 520px)").matches) close();
      lightUp(range);
      announce(texts.shown);
    } else if (!href || href.split("#")[0] === location.href.split("#")[0]) {
      event.preventDefault();
      announce(texts.missing);
      event.currentTarget.closest(".answer").append(element("p", { class: "failure" }, texts.missing));
    }
  }

  function actionsOf(given, quotes) {
    if (!navigator.clipboard || !given.citations.length) return null;
    const words = textsOf(given);
    const label = element("span", {}, words.copy);
    const copy = async () => {
      await navigator.clipboard.writeText(asPlainText(given, quotes));
      label.textContent = words.copied;
      setTimeout(() => (label.textContent = words.copy), 2000);
    };
    return element("div", { class: "actions" }, element("button", { class: "action", type: "button", onclick: copy }, icon("copy"), label));
  }

  function asPlainText(given, quotes) {
    const sources = given.citations.map(({ number }) => `[${number}] “${quotes[number].text}” ${addressOf(quotes[number].link) ?? ""}`);
    return [given.text, ...sources].join("\n\n").trim();
  }

  // ---- Start ----

  function start() {
    log.append(welcome);
    for (const exchange of exchanges) {
      const shown = element("div", { class: "answer" });
      showAnswer(shown, exchange);
      log.append(askedBubble(exchange.question), shown);
    }
    shadow.append(root);
    document.body.append(host);
    paint(options.accent);
    if ("open" in options && options.open !== "false") open();
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start, { once: true });
})();
