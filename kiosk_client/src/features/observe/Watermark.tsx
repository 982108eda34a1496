interface Props {
  words: string;
}

const TILES = 24;

/** Who is watching, tiled over the picture: a photograph of this screen names its taker. */
export function Watermark({ words }: Props) {
  return (
    <div class="watermark" aria-hidden="true">
      {Array.from({ length: TILES }, (_, index) => index).map((index) => (
        <span key={index}>{words}</span>
      ))}
    </div>
  );
}
