import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor("signin", <main>{text().common.loading}</main>);
