import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("clerk", <main>{text().common.loading}</main>);
