import type { Tile } from "../protocol/messages.ts";

/** Changes are gathered for so long, so that a stage that rearranges itself says so once. */
export const QUIET_MS = 250;
/** Tiles that appear one after the other, as in a strip that is pushed along, are told no faster. */
export const APART_MS = 60;
const MOST_TILES = 256;
const MOST_PIXELS = 16_384;

export interface Size {
  readonly width: number;
  readonly height: number;
}

const NOTHING: Size = { width: 0, height: 0 };
const same = (a: Size, b: Size) => a.width === b.width && a.height === b.height;
const shows = (size: Size) => size.width > 0 && size.height > 0;

/**
 * When to tell the server which tiles. Pure: time is passed in. A tile that appears is told at once, everything else
 * when it has been quiet for a moment; what was told already is not told again.
 */
export class ViewBook {
  private told = new Map<string, Size>();
  private now = new Map<string, Size>();
  private last_ms = Number.NEGATIVE_INFINITY;
  /** When changes are due; null: nothing to say. */
  due_ms: number | null = null;

  /** The video tracks that the page receives, with the size at which each is shown; absent: not received. */
  show(sizes: ReadonlyMap<string, Size>, at_ms: number): void {
    this.now = new Map([...sizes].slice(0, MOST_TILES));
    let appeared = false;
    let changed = false;
    for (const [id, size] of this.now) {
      const before = this.told.get(id);
      changed ||= before === undefined || !same(before, size);
      appeared ||= shows(size) && (before === undefined || !shows(before));
    }
    for (const id of this.told.keys()) if (!this.now.has(id)) this.told.delete(id);
    if (!changed) this.due_ms = null;
    else if (appeared) this.due_ms = Math.max(at_ms, this.last_ms + APART_MS);
    else this.due_ms ??= at_ms + QUIET_MS;
  }

  /** The other side may have forgotten: everything is to be told once more. */
  forget(at_ms: number): void {
    this.told.clear();
    this.show(this.now, at_ms);
  }

  /** The whole list if it is due, else null. */
  take(at_ms: number): Tile[] | null {
    if (this.due_ms === null || at_ms < this.due_ms) return null;
    this.due_ms = null;
    this.last_ms = at_ms;
    this.told = new Map(this.now);
    return [...this.now].map(([publication, size]) => ({ publication, ...size }));
  }
}

/** The largest of a track's tiles, in device pixels. */
export function largest(tiles: readonly Size[], pixelRatio: number): Size {
  const pixels = (css: number) => Math.min(MOST_PIXELS, Math.round(css * pixelRatio));
  const area = (tile: Size) => tile.width * tile.height;
  const best = tiles.reduce<Size>((one, other) => (area(other) > area(one) ? other : one), NOTHING);
  return { width: pixels(best.width), height: pixels(best.height) };
}

interface Watched extends Size {
  readonly publication: string;
  seen: boolean;
  width: number;
  height: number;
}

/** Watches the page's tiles and tells the server how large each track is shown. */
export class TileWatch {
  private readonly book = new ViewBook();
  private readonly tiles = new Map<Element, Watched>();
  private received: readonly string[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;
  private readonly sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const tile = this.tiles.get(target);
      if (tile) [tile.width, tile.height] = [contentRect.width, contentRect.height];
    }
    this.look();
  });
  private readonly sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const tile = this.tiles.get(target);
      if (tile) tile.seen = isIntersecting;
    }
    this.look();
  });
  private readonly look = () => this.update();

  constructor(private readonly tell: (views: Tile[]) => void) {
    document.addEventListener("visibilitychange", this.look);
  }

  /** This element shows the track from now on. Returns the way to stop. */
  watch(publication: string, element: Element): () => void {
    this.tiles.set(element, { publication, seen: false, width: 0, height: 0 });
    this.sizes.observe(element);
    this.sight.observe(element);
    return () => {
      this.sizes.unobserve(element);
      this.sight.unobserve(element);
      this.tiles.delete(element);
      this.update();
    };
  }

  /** The video tracks that are received now. Those without a tile are told as not shown. */
  receive(publications: readonly string[]): void {
    this.received = publications;
    this.update();
  }

  /** The server may have forgotten, e.g. a new connection: all is said again. */
  again(): void {
    this.book.forget(performance.now());
    this.flush();
  }

  close(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    this.sizes.disconnect();
    this.sight.disconnect();
    document.removeEventListener("visibilitychange", this.look);
  }

  private update(): void {
    const shown = new Map<string, Size>();
    for (const id of this.received) {
      const tiles = document.hidden
        ? []
        : [...this.tiles.values()].filter((tile) => tile.seen && tile.publication === id);
      shown.set(id, largest(tiles, window.devicePixelRatio || 1));
    }
    this.book.show(shown, performance.now());
    this.flush();
  }

  private flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.closed) return;
    const now = performance.now();
    const views = this.book.take(now);
    if (views?.length) this.tell(views);
    else if (this.book.due_ms !== null) this.timer = setTimeout(() => this.flush(), this.book.due_ms - now);
  }
}
