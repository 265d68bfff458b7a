// The picture of a video: the player's own element, which can be moved and closed.

import { element, iconButton, nameButton } from "../common/elements.js";

const STEP_PX = 16;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class VideoPicture {
  #moved = [0, 0];

  /** `media`: the video element that plays; without a picture nothing is shown. */
  constructor({ t, media }) {
    this.media = media;
    this.handle = iconButton("move", t.text("player.move_picture"), () => {}, "quiet");
    const close = iconButton("close", t.text("player.hide_picture"), () => this.#show(false), "quiet");
    const bar = element("div", { className: "picture-bar" }, this.handle, close);
    this.root = element("figure", { className: "picture", hidden: true }, media, bar);
    this.button = iconButton("video", t.text("player.show_picture"), () => this.#show(this.root.hidden));
    this.button.hidden = true;
    nameButton(this.button, t.text("player.show_picture"));
    media.addEventListener("loadedmetadata", () => {
      this.button.hidden = media.videoWidth === 0;
      this.#show(media.videoWidth > 0);
    });
    this.#listen();
  }

  #show(isShown) {
    this.root.hidden = !isShown;
    this.button.setAttribute("aria-pressed", String(isShown));
    if (!isShown) this.#moveTo(0, 0);
  }

  #listen() {
    this.handle.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.code];
      if (!arrow) return;
      event.preventDefault();
      event.stopPropagation();
      const [x, y] = this.#moved;
      this.#moveTo(x + arrow[0] * STEP_PX, y + arrow[1] * STEP_PX);
    });
    let from = null;
    this.root.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button") && !this.handle.contains(event.target)) return;
      from = [event.clientX - this.#moved[0], event.clientY - this.#moved[1]];
      this.root.setPointerCapture(event.pointerId);
    });
    this.root.addEventListener("pointermove", ({ clientX, clientY }) => {
      if (from) this.#moveTo(clientX - from[0], clientY - from[1]);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.root.addEventListener(end, () => (from = null));
    }
  }

  #moveTo(x, y) {
    this.#moved = [x, y];
    this.root.style.translate = `${x}px ${y}px`;
  }
}
