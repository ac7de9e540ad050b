/** The view of the flow: over time, drawn, killed, and proved to have lost and doubled nothing. */

import { FlowGraph } from "../elements/flow/flow_graph.js";
import { FlowHistory } from "../elements/flow/flow_history.js";
import { FlowKill } from "../elements/flow/flow_kill.js";
import { FlowProof } from "../elements/flow/flow_proof.js";

export const elements = {
  "flow-history": FlowHistory,
  "flow-graph": FlowGraph,
  "flow-kill": FlowKill,
  "flow-proof": FlowProof,
};
