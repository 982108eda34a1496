import { useEffect, useRef, useState } from "preact/hooks";
import { type DeviceProblem, listDevices, openDevices, stopTracks } from "../../media/devices.ts";
import { meter, testTone } from "../../media/level.ts";
import { type Probe, probe } from "../../media/probe.ts";
import type { KitMessage } from "../../protocol/messages.ts";

export type KitResult = Omit<KitMessage, "type" | "re">;

export interface Kit {
  opening: boolean;
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
  stream: MediaStream | null;
  videoProblem: DeviceProblem | null;
  audioProblem: DeviceProblem | null;
  /** Loudness now, 0 to 1. */
  level: number;
  /** The microphone has moved clearly above silence. */
  heard: boolean;
  tone: "untested" | "playing" | "asked" | "heard" | "unheard";
  probe: Probe | null | "running";
  cameras: number;
  play: () => void;
  answerTone: (heard: boolean) => void;
  again: () => void;
  flip: () => void;
  result: () => KitResult;
  /** Hands the tracks over: they are no longer stopped when the check goes away. */
  take: () => { video: MediaStreamTrack | null; audio: MediaStreamTrack | null };
}

const HEARD_LEVEL = 0.35;

/** The device check as state; no words and no pictures in it. */
export function useKit(): Kit {
  const [round, setRound] = useState(0);
  const [facing, setFacing] = useState<"user" | "environment">("user");
  const [opening, setOpening] = useState(true);
  const [video, setVideo] = useState<MediaStreamTrack | null>(null);
  const [audio, setAudio] = useState<MediaStreamTrack | null>(null);
  const [problems, setProblems] = useState<[DeviceProblem | null, DeviceProblem | null]>([null, null]);
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(false);
  const [tone, setTone] = useState<Kit["tone"]>("untested");
  const [network, setNetwork] = useState<Kit["probe"]>("running");
  const [cameras, setCameras] = useState(0);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const kept = useRef(false);

  useEffect(() => {
    let gone = false;
    let stop: () => void = () => {};
    setOpening(true);
    openDevices({ video: true, audio: true, facing }).then(async (opened) => {
      if (gone) return stopTracks(opened.video, opened.audio);
      setVideo(opened.video);
      setStream(opened.video ? new MediaStream([opened.video]) : null);
      setAudio(opened.audio);
      setProblems([opened.videoProblem, opened.audioProblem]);
      setOpening(false);
      const stopMeter = opened.audio
        ? meter(opened.audio, (now) => {
            setLevel(now);
            if (now > HEARD_LEVEL) setHeard(true);
          })
        : () => {};
      stop = () => {
        stopMeter();
        if (!kept.current) stopTracks(opened.video, opened.audio);
      };
      setCameras((await listDevices()).cameras.length);
    });
    return () => {
      gone = true;
      stop();
    };
  }, [round, facing]);

  useEffect(() => {
    const stop = new AbortController();
    setNetwork("running");
    void probe(stop.signal).then((measured) => {
      if (!stop.signal.aborted) setNetwork(measured);
    });
    return () => stop.abort();
  }, [round]);

  const measured = network === "running" ? null : network;
  return {
    opening,
    video,
    audio,
    stream,
    videoProblem: problems[0],
    audioProblem: problems[1],
    level,
    heard,
    tone,
    probe: network,
    cameras,
    play() {
      setTone("playing");
      void testTone().then(() => setTone("asked"));
    },
    answerTone: (yes) => setTone(yes ? "heard" : "unheard"),
    again: () => setRound((value) => value + 1),
    flip: () => setFacing((value) => (value === "user" ? "environment" : "user")),
    result: () => ({
      camera: video !== null,
      microphone: audio !== null && heard,
      speaker: tone === "heard",
      rtt_ms: measured?.rtt_ms ?? 0,
      loss_permille: measured?.late_permille ?? 1000,
      uplink_kbps: measured?.uplink_kbps ?? 0,
      user_agent: navigator.userAgent.slice(0, 300),
    }),
    take() {
      kept.current = true;
      return { video, audio };
    },
  };
}
