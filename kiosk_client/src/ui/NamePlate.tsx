import { Icon } from "./Icon.tsx";

interface Props {
  label: string;
  name: string;
  micOff?: boolean;
  hand?: boolean;
  words: { micOff: string; hand: string };
}

/** Role and name, lower left of a picture, as Chinese courts are used to. */
export function NamePlate({ label, name, micOff, hand, words }: Props) {
  return (
    <span class="plate">
      <span class="plate-role">{label}</span>
      <span class="plate-name">{name}</span>
      {micOff && (
        <span class="plate-mark">
          <Icon name="micOff" />
          <span class="only-read">{words.micOff}</span>
        </span>
      )}
      {hand && (
        <span class="plate-mark plate-hand">
          <Icon name="hand" />
          <span class="only-read">{words.hand}</span>
        </span>
      )}
    </span>
  );
}
