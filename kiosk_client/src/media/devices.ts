export type DeviceProblem = "denied" | "missing" | "busy" | "unsupported" | "insecure" | "failed";

export interface Opened {
  readonly video: MediaStreamTrack | null;
  readonly audio: MediaStreamTrack | null;
  readonly videoProblem: DeviceProblem | null;
  readonly audioProblem: DeviceProblem | null;
}

export interface Wish {
  readonly video: boolean;
  readonly audio: boolean;
  readonly cameraId?: string;
  readonly microphoneId?: string;
  /** `user` or `environment`: front or back camera of a phone. */
  readonly facing?: "user" | "environment";
  /** A booth's camera stands upright. */
  readonly portrait?: boolean;
}

/** Why a device could not be opened, in the words of `DeviceProblem` (names of the Media Capture specification). */
export function problemOf(cause: unknown): DeviceProblem {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

export function videoWish(wish: Wish): MediaTrackConstraints {
  return {
    width: { ideal: 1280, max: 1280 },
    height: { ideal: 720, max: 1280 },
    frameRate: { ideal: 25, max: 30 },
    ...(wish.cameraId ? { deviceId: { exact: wish.cameraId } } : { facingMode: wish.facing ?? "user" }),
  };
}

export function audioWish(wish: Wish): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    ...(wish.microphoneId ? { deviceId: { exact: wish.microphoneId } } : {}),
  };
}

/** Opens camera and microphone; where one fails the other is still opened. Never throws. */
export async function openDevices(wish: Wish): Promise<Opened> {
  const none = { video: null, audio: null };
  if (!window.isSecureContext) return { ...none, videoProblem: "insecure", audioProblem: "insecure" };
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices?.getUserMedia) return { ...none, videoProblem: "unsupported", audioProblem: "unsupported" };
  const ask = async (constraints: MediaStreamConstraints) => {
    try {
      return { stream: await devices.getUserMedia(constraints), problem: null };
    } catch (cause) {
      return { stream: null, problem: problemOf(cause) };
    }
  };
  // One question for both first: browsers then ask the person once, not twice.
  if (wish.video && wish.audio) {
    const both = await ask({ video: videoWish(wish), audio: audioWish(wish) });
    if (both.stream) {
      return {
        video: both.stream.getVideoTracks()[0] ?? null,
        audio: both.stream.getAudioTracks()[0] ?? null,
        videoProblem: null,
        audioProblem: null,
      };
    }
  }
  const sound = wish.audio ? await ask({ audio: audioWish(wish) }) : null;
  const picture = wish.video ? await ask({ video: videoWish(wish) }) : null;
  return {
    video: picture?.stream?.getVideoTracks()[0] ?? null,
    audio: sound?.stream?.getAudioTracks()[0] ?? null,
    videoProblem: picture?.problem ?? null,
    audioProblem: sound?.problem ?? null,
  };
}

export interface DeviceList {
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
}

/** Cameras and microphones by name; names are known only after one was opened. */
export async function listDevices(): Promise<DeviceList> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== "");
  return { cameras: of("videoinput"), microphones: of("audioinput") };
}

/** Stops tracks so that the camera's light goes out. */
export function stopTracks(...tracks: readonly (MediaStreamTrack | null | undefined)[]): void {
  for (const track of tracks) track?.stop();
}
