/** The court's order of codecs: H264 constrained baseline (hardware on phones and booths), then VP8. */
const BASELINE = /profile-level-id=42e01f/i;

function rank(codec: RTCRtpCodec): number {
  const type = codec.mimeType.toLowerCase();
  const fmtp = codec.sdpFmtpLine ?? "";
  if (type === "video/h264") {
    if (!/packetization-mode=1/.test(fmtp)) return 3;
    return BASELINE.test(fmtp) ? 0 : 1;
  }
  if (type === "video/vp8") return 2;
  // Retransmission and redundancy ride along behind what they protect.
  if (type === "video/rtx" || type === "video/red" || type === "video/ulpfec") return 9;
  return 5;
}

/** Codecs in the court's order; what a browser has besides stays, at the end. */
export function ordered(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  return codecs
    .map((codec, index) => ({ codec, index }))
    .sort((a, b) => rank(a.codec) - rank(b.codec) || a.index - b.index)
    .map(({ codec }) => codec);
}

/** Applies the order to a transceiver that sends video. Browsers without the call keep their own order. */
export function preferCourtCodecs(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities?.("video")?.codecs;
  if (codecs && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(ordered(codecs));
}
