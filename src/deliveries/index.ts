export { BATCH_SIZE, type DispatchContext, dispatch, QUEUED_MAX } from './dispatch.ts';
export { type Delivery, type DeliveryFilter, findDelivery, listDeliveries } from './history.ts';
export { type Claimed, claim, extendClaim, giveBack, settle } from './ledger.ts';
export { type PlanContext, type PlanCounts, plan } from './plan.ts';
export { cut } from './rules/batch.ts';
export { retryWaitMs } from './rules/retry.ts';
export { select } from './rules/select.ts';
export {
  ENDINGS,
  type Ending,
  type Proof,
  prove,
  type Settlement,
  type State,
  type Tally,
  WAITING,
} from './rules/states.ts';
export { measureLedger, type SweepContext, type SweepCounts, sweep } from './sweep.ts';
export { type EditionChoice, type EditionProof, verify } from './verify.ts';
