// Runs once, when the article pane is on the page: citations in the chat point into the article.
// A citation is a link to "#cite/<slug>/<passage number>[/<language to translate into>]".

const phone = matchMedia("(max-width: 860px)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const pane = element.closest("#article-side");
let cited = [];
let current = null;
let opener = null;

document.documentElement.lang = navigator.language.startsWith("id") ? "id" : "en";

function readCitation(link) {
  const [slug, number, translation] = link.getAttribute("href").slice("#cite/".length).split("/").map(decodeURIComponent);
  return { slug, number, translation };
}

const shownSlug = () => element.querySelector("article")?.dataset.slug;
const find = ({ slug, number }) => (slug === shownSlug() ? element.querySelector(`#passage-${CSS.escape(number)}`) : null);

function paint() {
  for (const passage of element.querySelectorAll(".cited, .current")) passage.classList.remove("cited", "current");
  for (const translation of element.querySelectorAll(".translation")) translation.hidden = true;
  for (const citation of cited) find(citation)?.classList.add("cited");
  const passage = current && find(current);
  if (!passage) return null;
  passage.classList.add("cited", "current");
  const translation = passage.nextElementSibling;
  if (translation?.matches(".translation")) translation.hidden = translation.lang !== current.translation;
  return passage;
}

function scrollTo(passage) {
  const top = passage.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop;
  pane.scrollTo({ top: Math.max(0, top - pane.clientHeight / 3), behavior: calm.matches ? "auto" : "smooth" });
}

function show() {
  const passage = paint();
  if (passage) scrollTo(passage);
  else if (current && current.slug !== shownSlug()) trigger("select", { slug: current.slug });
}

function openSheet(from) {
  opener = from;
  pane.classList.add("open");
  pane.querySelector("#close-article").focus({ preventScroll: true });
}

function closeSheet() {
  if (!pane.classList.contains("open")) return;
  pane.classList.remove("open");
  opener?.focus({ preventScroll: true });
}

function openCitation(link) {
  cited = [...link.closest(".message-row").querySelectorAll('a[href^="#cite/"]')].map(readCitation);
  current = readCitation(link);
  if (phone.matches) openSheet(link);
  show();
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest?.('a[href^="#cite/"], #read-article, #close-article');
  if (pressed?.matches("a")) {
    event.preventDefault();
    event.stopPropagation();
    openCitation(pressed);
  } else if (pressed?.id === "read-article") openSheet(pressed);
  else if (pressed) closeSheet();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeSheet();
});

// Gradio labels each message with its Markdown; a screen reader should read the message itself.
// The chat itself may come onto the page after this script has run.
const page = element.closest("#page");
new MutationObserver(() => {
  for (const message of page.querySelectorAll("#chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
}).observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] });

watch("cited", () => {
  cited = props.cited.map(([slug, number, translation]) => ({ slug, number, translation }));
  current = cited[0] ?? null;
  show();
});

watch("value", () => {
  if (!current) pane.scrollTop = 0;
  show();
});
