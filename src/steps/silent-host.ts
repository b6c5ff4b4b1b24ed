import type { Host } from '../cluster/cluster.ts';
import type { PlanContext } from '../graph/step.ts';

/** Why a step that leads nodes to another way is not for this host now. What it finds when it is run again is led there then. */
export const silentHost = ({ cluster, facts }: PlanContext, { name }: Host): string | false =>
  facts[name] === undefined &&
  `it does not answer; once it is back: kha start-workflow configure-load-balancer --cluster ${cluster.name}`;
