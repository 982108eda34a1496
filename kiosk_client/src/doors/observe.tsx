import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("observe", <main>{text().common.loading}</main>);
