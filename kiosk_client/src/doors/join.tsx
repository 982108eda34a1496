import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("join", <main>{text().common.loading}</main>);
