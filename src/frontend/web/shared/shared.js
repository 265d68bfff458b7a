// A transcript that is shared by a link: its text, and its recording to listen to.

import { element, textElement } from "../common/elements.js";
import { Translator, clock } from "../common/translator.js";
import { ParagraphRule } from "../reader/paragraphs.js";

const { language, labels } = JSON.parse(document.getElementById("texts").textContent);
const t = new Translator(language, labels);
const main = document.querySelector("main");
const media = document.querySelector("video");

const token = location.pathname.split("/").at(-1);
const address = `/backend/v1/shared/${encodeURIComponent(token)}`;

/** Return the segments as paragraphs, each a list. */
function paragraphsOf(segments) {
  const rule = new ParagraphRule();
  const paragraphs = [];
  for (const segment of segments) {
    if (rule.begins(segment) || !paragraphs.length) paragraphs.push([]);
    paragraphs.at(-1).push(segment);
  }
  return paragraphs;
}

function play(seconds) {
  media.currentTime = seconds;
  media.play().catch(() => {});
}

function speakerName(speakers, id) {
  const known = speakers.find((each) => each.id === id);
  return known?.name ?? t.text("speaker.unnamed", { number: id.slice(1) });
}

function paragraphElement(segments, before, { speakers, hasAudio, isSpaced }) {
  const [{ start, speaker }] = segments;
  const parts = [];
  if (speaker && speaker !== before) parts.push(textElement("b", speakerName(speakers, speaker)));
  const label = clock(start);
  const time = hasAudio
    ? element("button", {
        type: "button",
        textContent: label,
        "aria-label": t.text("reader.play_from", { time: label }),
        on: { click: () => play(start) },
      })
    : textElement("span", label);
  time.classList.add("time");
  const spoken = segments.map((segment) => {
    const span = textElement("span", segment.text.trim());
    span.dataset.start = segment.start;
    return span;
  });
  const text = element("p", { dir: "auto" });
  for (const span of spoken) text.append(span, isSpaced ? " " : "");
  if (hasAudio) {
    text.className = "playable";
    text.addEventListener("click", ({ target }) => {
      if (target.dataset.start && getSelection().isCollapsed) play(Number(target.dataset.start));
    });
  }
  return element("section", {}, ...parts, time, text);
}

/** Mark the phrase that is spoken. */
function followPlayback() {
  const spans = [...main.querySelectorAll("[data-start]")];
  let marked = null;
  media.addEventListener("timeupdate", () => {
    const here = spans.findLast((span) => Number(span.dataset.start) <= media.currentTime + 0.05);
    if (here === marked) return;
    marked?.classList.remove("spoken");
    here?.classList.add("spoken");
    marked = here;
  });
}

function show(shared) {
  document.title = shared.name;
  const day = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(shared.expires_at));
  const facts = [shared.duration_s && t.duration(shared.duration_s), t.text("shared.until", { day })];
  const context = {
    speakers: shared.speakers,
    hasAudio: shared.has_audio,
    isSpaced: !["zh", "yue", "ja"].includes(shared.language),
  };
  const paragraphs = paragraphsOf(shared.segments);
  const texts = paragraphs.map((segments, index) =>
    paragraphElement(segments, paragraphs[index - 1]?.at(-1).speaker, context),
  );
  const article = element("article", {}, ...texts);
  article.lang = shared.language ?? "";
  const heading = element("h1", { dir: "auto", textContent: shared.name });
  main.replaceChildren(heading, textElement("p", facts.filter(Boolean).join(" · "), "facts"), article);
  if (!shared.has_audio) return;
  media.src = `${address}/audio`;
  media.hidden = false;
  media.addEventListener("loadedmetadata", () =>
    media.classList.toggle("picture", media.videoWidth > 0),
  );
  followPlayback();
}

function showFailure(key) {
  main.replaceChildren(textElement("h1", t.text(key)), textElement("p", t.text(`${key}.next`)));
}

try {
  const response = await fetch(address);
  if (response.ok) show(await response.json());
  else showFailure(response.status === 404 || response.status === 422 ? "shared.gone" : "problem.unavailable");
} catch {
  showFailure("problem.unavailable");
}
