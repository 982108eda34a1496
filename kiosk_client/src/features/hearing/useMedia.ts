import { useEffect, useState } from "preact/hooks";
import { type DeviceProblem, openDevices } from "../../media/devices.ts";
import type { Hearing } from "../../state/hearing.ts";
import { type HearingMedia, joinMedia, type MediaOptions } from "../../state/media.ts";

export interface OpenedMedia {
  media: HearingMedia | null;
  problem: DeviceProblem | null;
  /** Asks for camera and microphone again. */
  retry: () => void;
}

/** Own devices and everybody's media for as long as the page shows this hearing. Without devices it still receives. */
export function useOwnMedia(hearing: Hearing): OpenedMedia {
  const [media, setMedia] = useState<HearingMedia | null>(null);
  const [problem, setProblem] = useState<DeviceProblem | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let current = true;
    let joined: HearingMedia | null = null;
    void openDevices({ video: true, audio: true }).then(({ video, audio, videoProblem, audioProblem }) => {
      if (!current) {
        video?.stop();
        audio?.stop();
        return;
      }
      setProblem(audioProblem ?? videoProblem);
      joined = joinMedia(hearing, { video, audio });
      setMedia(joined);
    });
    return () => {
      current = false;
      joined?.close();
      setMedia(null);
    };
  }, [hearing, tries]);
  return { media, problem, retry: () => setTries(tries + 1) };
}

/** Everybody's media, sending nothing. */
export function useWatching(
  hearing: Hearing,
  options: Omit<MediaOptions, "video" | "audio"> = {},
): HearingMedia | null {
  const [media, setMedia] = useState<HearingMedia | null>(null);
  useEffect(() => {
    const joined = joinMedia(hearing, { video: null, audio: null, receiveOnly: true, ...options });
    setMedia(joined);
    return () => {
      joined.close();
      setMedia(null);
    };
  }, [hearing]);
  return media;
}
