// Records the microphone into a file and measures its level meanwhile.

const FORMATS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const BITS_PER_SECOND = 96_000;
const FLOOR_DB = -60;

export class Microphone {
  #pieces = [];
  #recordedMs = 0;
  #since = null;

  /** Browsers allow the microphone on https and on localhost only. */
  static get isSupported() {
    return Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
  }

  async open() {
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const isSupported = (type) => MediaRecorder.isTypeSupported(type);
    const options = { mimeType: FORMATS.find(isSupported), audioBitsPerSecond: BITS_PER_SECOND };
    this.recorder = new MediaRecorder(this.stream, options);
    this.recorder.addEventListener("dataavailable", ({ data }) => this.#pieces.push(data));
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(this.stream).connect(this.analyser);
    this.recorder.start(1000);
    this.#since = performance.now();
  }

  get isPaused() {
    return this.recorder.state === "paused";
  }

  get seconds() {
    const sinceMs = this.#since === null ? 0 : performance.now() - this.#since;
    return (this.#recordedMs + sinceMs) / 1000;
  }

  /** The level in [0, 1]: 0 is -60 dB of full scale or less. */
  get level() {
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    const decibels = 10 * Math.log10(power + 1e-12);
    return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
  }

  pause() {
    this.recorder.pause();
    this.#recordedMs += performance.now() - this.#since;
    this.#since = null;
  }

  resume() {
    this.recorder.resume();
    this.#since = performance.now();
  }

  /** Stop, and return the recording as a file; its name is the title, so it has no extension. */
  async finish(name) {
    const stopped = new Promise((resolve) => {
      this.recorder.addEventListener("stop", resolve, { once: true });
    });
    this.recorder.stop();
    await stopped;
    this.close();
    const type = this.recorder.mimeType;
    return new File(this.#pieces, name, { type });
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
  }
}
