/** The view of the flow's recovery: what it does now, whether it agrees with the view, and every start of it. */

import { RecoveryPanel } from "../elements/recovery/recovery_panel.js";

export const elements = { "recovery-panel": RecoveryPanel };
