// Lists, under the text, the speech that has no words and the speech that was decoded again.

import { element, textElement } from "../common/elements.js";
import { syncChildren } from "../common/keyed_children.js";
import { clock } from "../common/translator.js";

export class SpeechReport {
  constructor({ t, onPlay }) {
    Object.assign(this, { t, onPlay });
    this.summary = element("summary");
    this.list = element("ul");
    this.root = element("details", { className: "speech-report" }, this.summary, this.list);
    this.show([]);
  }

  /** Show `{start, end, kind}` items; nothing while there are none. */
  show(items) {
    this.root.hidden = items.length === 0;
    if (items.length) this.summary.textContent = summaryText(this.t, items);
    syncChildren(this.list, items, {
      keyOf: ({ start, end, kind }) => `${start} ${end} ${kind}`,
      create: ({ start }) => this.#row(start),
      update: (row, item) => {
        const [, kind, length] = row.children;
        kind.textContent = this.t.text(`report.${item.kind}`);
        length.textContent = this.t.duration(item.end - item.start);
      },
    });
  }

  #row(start) {
    const time = clock(start);
    const button = element("button", {
      type: "button",
      className: "time",
      textContent: time,
      "aria-label": this.t.text("reader.play_from", { time }),
      on: { click: () => this.onPlay(start) },
    });
    return element("li", {}, button, textElement("span", ""), textElement("span", "", "length"));
  }
}

/** Return how much speech has no words; that of a second attempt only if there is nothing else. */
export function summaryText(t, items) {
  const wordless = items.filter(({ kind }) => kind !== "decoded_again");
  const counted = wordless.length ? wordless : items;
  return t.text(wordless.length ? "report.without_words" : "report.only_decoded_again", {
    count: counted.length,
    duration: t.duration(coveredSeconds(counted)),
  });
}

/** Return the seconds that items cover; those of two channels may overlap. */
function coveredSeconds(items) {
  let [seconds, coveredUntil] = [0, 0];
  for (const { start, end } of [...items].sort((a, b) => a.start - b.start)) {
    seconds += Math.max(0, end - Math.max(start, coveredUntil));
    coveredUntil = Math.max(end, coveredUntil);
  }
  return seconds;
}
