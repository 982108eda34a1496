import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("kiosk", <main>{text().common.loading}</main>);
