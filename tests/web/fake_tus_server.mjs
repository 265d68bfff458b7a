// A tus server in memory, behind a stand-in for XMLHttpRequest.

export class FakeTusServer {
  uploads = new Map(); // id -> { size, offset }
  requests = [];
  /** Answers to give instead of the usual ones, null for a usual one: {method: [answer, …]}. */
  failures = {};
  #nextId = 1;

  /** Put the server behind `XMLHttpRequest`. */
  install() {
    const server = this;
    globalThis.XMLHttpRequest = class extends FakeRequest {
      constructor() {
        super(server);
      }
    };
    return this;
  }

  get methods() {
    return this.requests.map(({ method }) => method);
  }

  answer({ method, url, headers, body }) {
    this.requests.push({ method, url, headers });
    const failure = this.failures[method]?.shift();
    if (failure) return { headers: {}, body: "", ...failure };
    const id = url.split("/").at(-1);
    const upload = this.uploads.get(id);
    if (method === "POST") return this.#create(headers);
    if (!upload) return { status: 404, headers: {}, body: "" };
    if (method === "DELETE") this.uploads.delete(id);
    if (method === "PATCH") {
      if (Number(headers["Upload-Offset"]) !== upload.offset) return { status: 409, headers: {} };
      upload.offset += body.size;
    }
    return this.#success(204, { "Upload-Offset": upload.offset });
  }

  #create(headers) {
    const id = `upload-${this.#nextId++}`;
    this.uploads.set(id, { size: Number(headers["Upload-Length"]), offset: 0 });
    return this.#success(201, { Location: `http://elsewhere/v1/uploads/${id}` });
  }

  #success(status, headers) {
    return { status, headers: { "Tus-Resumable": "1.0.0", ...headers }, body: "" };
  }
}

class FakeRequest {
  upload = {};
  status = 0;
  responseText = "";
  #headers = {};
  #response = {};
  #isAborted = false;

  constructor(server) {
    this.server = server;
  }

  open(method, url) {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  getResponseHeader(name) {
    const value = this.#response.headers?.[name];
    return value === undefined ? null : String(value);
  }

  send(body) {
    setImmediate(() => {
      if (this.#isAborted) return;
      const { method, url } = this;
      this.#response = this.server.answer({ method, url, headers: this.#headers, body });
      this.status = this.#response.status;
      this.responseText = this.#response.body ?? "";
      if (body && this.status < 300) this.upload.onprogress?.({ loaded: body.size });
      this.onloadend();
    });
  }

  abort() {
    this.#isAborted = true;
    this.onabort();
    this.onloadend();
  }
}
