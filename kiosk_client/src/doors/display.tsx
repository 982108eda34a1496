import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("display", <main>{text().common.loading}</main>);
