/**
 * Sounds of the courtroom, synthesized: no files to load, none to license. All are short and quiet enough not
 * to open a noise gate in somebody's microphone.
 */
let context: AudioContext | null = null;

function ready(): AudioContext | null {
  if (typeof AudioContext === "undefined") return null;
  context ??= new AudioContext();
  // Before a first click the browser keeps it suspended: then there is simply no sound.
  if (context.state === "suspended") void context.resume();
  return context;
}

function knock(audio: AudioContext, at_s: number, loudness: number): void {
  const body = audio.createOscillator();
  const envelope = audio.createGain();
  body.frequency.setValueAtTime(210, at_s);
  body.frequency.exponentialRampToValueAtTime(85, at_s + 0.09);
  envelope.gain.setValueAtTime(loudness, at_s);
  envelope.gain.exponentialRampToValueAtTime(0.0001, at_s + 0.22);
  body.connect(envelope).connect(audio.destination);
  body.start(at_s);
  body.stop(at_s + 0.25);

  const length = Math.floor(audio.sampleRate * 0.03);
  const noise = audio.createBuffer(1, length, audio.sampleRate);
  const samples = noise.getChannelData(0);
  for (let i = 0; i < length; i++) samples[i] = (Math.random() * 2 - 1) * (1 - i / length) ** 3;
  const wood = audio.createBufferSource();
  const band = audio.createBiquadFilter();
  const level = audio.createGain();
  wood.buffer = noise;
  band.type = "bandpass";
  band.frequency.value = 1400;
  level.gain.value = loudness * 0.9;
  wood.connect(band).connect(level).connect(audio.destination);
  wood.start(at_s);
}

/** 法槌: two knocks of wood. */
export function gavel(): void {
  const audio = ready();
  if (!audio) return;
  knock(audio, audio.currentTime + 0.01, 0.8);
  knock(audio, audio.currentTime + 0.36, 0.6);
}

function tone(audio: AudioContext, hz: number, at_s: number, length_s: number): void {
  const voice = audio.createOscillator();
  const envelope = audio.createGain();
  voice.type = "sine";
  voice.frequency.value = hz;
  envelope.gain.setValueAtTime(0, at_s);
  envelope.gain.linearRampToValueAtTime(0.16, at_s + 0.015);
  envelope.gain.exponentialRampToValueAtTime(0.0001, at_s + length_s);
  voice.connect(envelope).connect(audio.destination);
  voice.start(at_s);
  voice.stop(at_s + length_s);
}

/** A hand was raised. */
export function ping(): void {
  const audio = ready();
  if (!audio) return;
  tone(audio, 880, audio.currentTime, 0.35);
}

/** Somebody came in. */
export function chime(): void {
  const audio = ready();
  if (!audio) return;
  tone(audio, 523.25, audio.currentTime, 0.4);
  tone(audio, 659.25, audio.currentTime + 0.14, 0.5);
}

/** Somebody asks for help, or something broke: two low tones that are not mistaken for a hand. */
export function alarm(): void {
  const audio = ready();
  if (!audio) return;
  tone(audio, 440, audio.currentTime, 0.25);
  tone(audio, 349.23, audio.currentTime + 0.22, 0.4);
}
