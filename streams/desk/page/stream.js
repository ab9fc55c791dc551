// The connection: what the worker sends of its own accord. It comes back by itself.

const AGAIN = 3000, SILENT = 40000;

export class Stream {
  // `hear` has a function for each kind of event, and `link` for "up", "lost" and "closed".
  constructor(hear) {
    this.hear = hear;
    this.source = null;
    this.timer = 0;
    this.last = 0;
    setInterval(() => this.watch(), 5000);
  }

  open(path) {
    this.path = path;
    clearTimeout(this.timer);
    this.source?.close();
    const source = (this.source = new EventSource(path));
    source.onopen = () => this.alive(source) && this.hear.link("up");
    source.onerror = () => this.lost(source);
    for (const name of ["list", "rates", "state", "fact"])
      source.addEventListener(name, event => this.alive(source) && this.hear[name](JSON.parse(event.data)));
  }

  alive(source) {
    this.last = performance.now();
    return source === this.source;
  }

  async lost(source) {
    if (source !== this.source) return;
    this.hear.link("lost");
    if (source.readyState !== EventSource.CLOSED) return;
    // Refused, not interrupted: then the browser does not try again.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(this.path), AGAIN);
    try {
      const answer = await fetch("/api/rates");
      if (answer.status === 401) location.reload();
    } catch { /* not there: it is tried again */ }
  }

  // A connection may be dead without a word: the worker is never silent for so long.
  watch() {
    if (this.source?.readyState === EventSource.OPEN && performance.now() - this.last > SILENT) {
      this.hear.link("lost");
      this.open(this.path);
    }
  }
}
