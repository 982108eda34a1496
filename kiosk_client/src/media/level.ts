import { FRAME_MS, type Howling, HowlingGuard } from "./howling.ts";

const FFT = 1024;
const SILENCE_DB = -90;

type Samples = Float32Array<ArrayBuffer>;

/** Loudness of samples in -1..1 as dBFS. */
export function loudness(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  return sum > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(sum / samples.length)) : SILENCE_DB;
}

/** dBFS as the 0..1 of a level bar: -60 dB is empty, -6 dB full. */
export function barLevel(db: number): number {
  return Math.min(1, Math.max(0, (db + 60) / 54));
}

let shared: AudioContext | null = null;

/** The page's one audio context; null where the browser has none. */
function context(): AudioContext | null {
  if (!("AudioContext" in window)) return null;
  shared ??= new AudioContext();
  // Refused before the first touch; a meter then reads silence until it is allowed.
  if (shared.state === "suspended") shared.resume().catch(() => {});
  return shared;
}

/** Reads a track's loudness about 15 times a second. Returns the way to stop. */
export function meter(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const audio = context();
  if (!audio) return () => {};
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = audio.createAnalyser();
  analyser.fftSize = FFT;
  source.connect(analyser);
  const samples: Samples = new Float32Array(FFT);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(barLevel(loudness(samples)));
  }, 66);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}

/** A soft two-note chime through the speaker, 1.2 s. Resolves when it has been played. */
export async function testTone(): Promise<void> {
  const audio = context();
  if (!audio) return;
  await audio.resume();
  const end_s = audio.currentTime + 1.2;
  for (const [hz, at_s] of [
    [523.25, 0],
    [659.25, 0.35],
  ] as const) {
    const note = audio.createOscillator();
    const gain = audio.createGain();
    note.frequency.value = hz;
    const start_s = audio.currentTime + at_s;
    gain.gain.setValueAtTime(0, start_s);
    gain.gain.linearRampToValueAtTime(0.3, start_s + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, end_s);
    note.connect(gain).connect(audio.destination);
    note.start(start_s);
    note.stop(end_s);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_200));
}

/** Watches microphone and playback for howling; see `HowlingGuard`. */
export class HowlingWatch {
  private readonly guard = new HowlingGuard();
  private readonly audio = context();
  private readonly mic: AnalyserNode | null;
  private readonly played: AnalyserNode | null;
  private readonly sources = new Map<string, MediaStreamAudioSourceNode>();
  private micSource: MediaStreamAudioSourceNode | null = null;
  private readonly timer: ReturnType<typeof setInterval>;
  private framedAt = 0;

  constructor(onHowling: (kind: Howling) => void) {
    this.mic = this.analyser();
    this.played = this.analyser();
    const samples: Samples = new Float32Array(FFT);
    const bins: Samples = new Float32Array(FFT / 2);
    this.timer = setInterval(() => {
      if (!this.mic || !this.played || !this.micSource || this.audio?.state !== "running") return;
      this.mic.getFloatTimeDomainData(samples);
      const mic_db = loudness(samples);
      this.played.getFloatTimeDomainData(samples);
      const played_db = loudness(samples);
      this.mic.getFloatFrequencyData(bins);
      const now = performance.now();
      // On a busy device the timer comes late: frames that are not 20 ms apart know no beat and no delay.
      if (now - this.framedAt > 1.5 * FRAME_MS) this.guard.reset();
      this.framedAt = now;
      const verdict = this.guard.push({ mic_db, played_db, spectrum: bins });
      if (verdict) {
        this.guard.reset();
        onHowling(verdict);
      }
    }, FRAME_MS);
  }

  /** The track to guard; null while the microphone is off. */
  listen(track: MediaStreamTrack | null): void {
    this.micSource?.disconnect();
    this.micSource = null;
    this.guard.reset();
    if (!track || !this.audio || !this.mic) return;
    this.micSource = this.audio.createMediaStreamSource(new MediaStream([track]));
    this.micSource.connect(this.mic);
  }

  /** What this device plays, by publication id. */
  plays(streams: ReadonlyMap<string, MediaStream>): void {
    for (const [id, source] of this.sources) {
      if (streams.has(id)) continue;
      source.disconnect();
      this.sources.delete(id);
    }
    for (const [id, stream] of streams) {
      if (this.sources.has(id) || !this.audio || !this.played) continue;
      const source = this.audio.createMediaStreamSource(stream);
      source.connect(this.played);
      this.sources.set(id, source);
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.listen(null);
    this.plays(new Map());
  }

  private analyser(): AnalyserNode | null {
    const analyser = this.audio?.createAnalyser() ?? null;
    if (analyser) {
      analyser.fftSize = FFT;
      analyser.smoothingTimeConstant = 0.3;
    }
    return analyser;
  }
}
