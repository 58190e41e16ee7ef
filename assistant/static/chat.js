// Runs once, when the article pane is on the page: citations in the chat point into the article.
// A citation is a link to "#cite/<slug>/<passage number>[/<language to translate into>]".

const phone = matchMedia("(max-width: 860px)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const pane = element.closest("#article-side");
let cited = [];
let current = null;

document.documentElement.lang = navigator.language.startsWith("id") ? "id" : "en";

function readCitation(link) {
  const [slug, number, translation] = link.getAttribute("href").slice("#cite/".length).split("/").map(decodeURIComponent);
  return { slug, number, translation };
}

const isSame = (one, other) => one.slug === other.slug && one.number === other.number;
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

function openCitation(link) {
  const links = link.closest(".message-row, .bot")?.querySelectorAll('a[href*="#cite/"]') ?? [link];
  cited = [...links].map(readCitation);
  current = readCitation(link);
  if (phone.matches) pane.classList.add("open");
  show();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#cite/"]');
  if (!link) return;
  event.preventDefault();
  event.stopPropagation();
  openCitation(link);
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") pane.classList.remove("open");
});

watch("cited", () => {
  cited = props.cited.map(([slug, number, translation]) => ({ slug, number, translation }));
  current = cited[0] ?? null;
  show();
});

watch("value", show);
