import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("judge", <main>{text().common.loading}</main>);
