// A request that tells how much of its body has gone, which fetch does not.

/** Its status is 0 when nobody answered. Throws the reason of `signal` once that is aborted. */
export function sendRequest(method, address, { headers, body = null, signal = null, onSent = null }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open(method, address);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    if (onSent) request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => {
      signal?.removeEventListener("abort", stop);
      resolve(request);
    };
    signal?.addEventListener("abort", stop);
    request.send(body);
  });
}
