import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("index", <main>{text().common.loading}</main>);
