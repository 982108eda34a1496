/**
 * The camera's encodings, lowest first: browsers take the first where the other side wants only one, and give the
 * first its bits before the others when the uplink is short.
 */
export const CAMERA_LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000, maxFramerate: 30 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000, maxFramerate: 30 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_500_000, maxFramerate: 30 },
];

/** A picture in one encoding: between these bounds the browser's own congestion control moves. */
export const SINGLE: RTCRtpEncodingParameters = { scaleResolutionDownBy: 1, maxBitrate: 1_500_000, maxFramerate: 30 };

export interface LayerWish {
  /** The person shows a picture and the network carries it. */
  readonly picture: boolean;
  /** Rids that the server has asked for; null while it has said nothing: then all are sent. */
  readonly wanted: readonly string[] | null;
  /** Somebody looks at a face: the whole picture alone, whatever the server asks for. */
  readonly whole: boolean;
}

/**
 * What each encoding should be under both wishes: without a picture none is sent, else those that the server asks for.
 * Where one encoding is left (the browser or the server takes no simulcast) it is a whole picture, and goes on while
 * nobody watches: there is nothing lower to come back from.
 */
export function planned(
  encodings: readonly RTCRtpEncodingParameters[],
  wish: LayerWish,
): Partial<RTCRtpEncodingParameters>[] {
  if (encodings.length === 1) return [{ ...SINGLE, active: wish.picture }];
  return encodings.map(({ rid = "" }, place) => ({
    active:
      wish.picture &&
      (wish.whole ? place === encodings.length - 1 : wish.wanted === null || wish.wanted.includes(rid)),
  }));
}

/** What gives way when the device or the uplink is too weak: of a face at the gate the rate, never the size. */
export const preferred = (whole: boolean): RTCDegradationPreference =>
  whole ? "maintain-resolution" : "maintain-framerate";

/** Whether `planned` differs from what the sender does now. */
export function differs(
  encodings: readonly RTCRtpEncodingParameters[],
  plan: readonly Partial<RTCRtpEncodingParameters>[],
): boolean {
  return plan.some((one, index) =>
    Object.entries(one).some(([key, value]) => encodings[index]?.[key as keyof RTCRtpEncodingParameters] !== value),
  );
}

/** Gecko encodes H264, the court's first codec, in one size only and would send the smallest alone. */
export function sendsLayers(userAgent: string): boolean {
  return !/\bGecko\/\d/.test(userAgent);
}
