import { VerifyPage } from "../features/verify/VerifyPage.tsx";
import { openDoor } from "./open.tsx";

openDoor("verify", <VerifyPage />);
