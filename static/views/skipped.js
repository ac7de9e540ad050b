/** The view of skipped records. */

import { SkippedBench } from "../elements/bench/skipped_bench.js";

export const elements = { "skipped-bench": SkippedBench };
