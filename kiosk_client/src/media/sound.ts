/** Of the volume: a voice below an interpreter's, still to be followed by who understands it. */
const BACKGROUND = 0.2;

/**
 * Plays every audio stream of a hearing, apart from the tiles, so that a layout never cuts a voice off. Browsers may
 * refuse sound before the first touch; `onBlocked` then asks for one and `unlock` is called from it.
 */
export class SoundSink {
  private readonly players = new Map<string, HTMLAudioElement>();
  private volume = 1;
  private quiet: ReadonlySet<string> = new Set();
  private blocked = false;

  constructor(private readonly onBlocked: (blocked: boolean) => void) {}

  /** Plays exactly these streams, by publication id. */
  set(streams: ReadonlyMap<string, MediaStream>): void {
    for (const [id, player] of this.players) {
      if (streams.get(id) === player.srcObject) continue;
      player.srcObject = null;
      player.remove();
      this.players.delete(id);
    }
    for (const [id, stream] of streams) {
      if (this.players.has(id)) continue;
      const player = document.createElement("audio");
      player.autoplay = true;
      player.srcObject = stream;
      player.volume = this.volumeOf(id);
      player.hidden = true;
      document.body.append(player);
      this.players.set(id, player);
      void this.play(player);
    }
  }

  /** 0 to 1. Phones that keep volume to themselves (iOS) ignore it. */
  setVolume(volume: number): void {
    this.volume = volume;
    this.apply();
  }

  /** These are heard in the background until the next call. */
  setQuiet(ids: ReadonlySet<string>): void {
    this.quiet = ids;
    this.apply();
  }

  /** Call from a touch or key press. */
  async unlock(): Promise<void> {
    this.tell(false);
    await Promise.all([...this.players.values()].map((player) => this.play(player)));
  }

  close(): void {
    this.set(new Map());
  }

  private volumeOf(id: string): number {
    return this.quiet.has(id) ? this.volume * BACKGROUND : this.volume;
  }

  private apply(): void {
    for (const [id, player] of this.players) player.volume = this.volumeOf(id);
  }

  private async play(player: HTMLAudioElement): Promise<void> {
    try {
      await player.play();
    } catch (cause) {
      // An AbortError only means that the stream was taken away meanwhile.
      if (cause instanceof DOMException && cause.name === "NotAllowedError") this.tell(true);
    }
  }

  private tell(blocked: boolean): void {
    if (blocked === this.blocked) return;
    this.blocked = blocked;
    this.onBlocked(blocked);
  }
}
