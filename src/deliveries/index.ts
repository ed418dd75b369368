export { CAUSE_KEYS, type Cause, type CauseKey, countCauses } from './causes.ts';
export { type Claimed, type Exchange, exchange, extendClaim, settle } from './claim.ts';
export {
  type ControlContext,
  type Controlled,
  cancelEdition,
  pauseEdition,
  resumeEdition,
} from './control.ts';
export { BATCH_SIZE, type DispatchContext, dispatch, QUEUED_MAX } from './dispatch.ts';
export { eraseReader } from './erase-reader.ts';
export { type Evidence, settleByEvidence } from './evidence.ts';
export { exportReader, type ReaderExport } from './export-reader.ts';
export { type Delivery, type DeliveryFilter, findDelivery, listDeliveries } from './history.ts';
export { giveBack } from './ledger.ts';
export { dropMonth, judgeDrop, listOldMonths, type OldMonth } from './partitions.ts';
export { type PlanContext, type PlanCounts, plan } from './plan.ts';
export { listHad, listReaderDigests } from './reader-history.ts';
export { cut } from './rules/batch.ts';
export { type EditionName, readEditionName } from './rules/edition-name.ts';
export type { ReaderDigest } from './rules/reader-digest.ts';
export { retryWaitMs } from './rules/retry.ts';
export { leaveOut, select } from './rules/select.ts';
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
export { type AgainChoice, type AgainCounts, sendAgain } from './send-again.ts';
export { measureLedger, type SweepContext, type SweepCounts, sweep } from './sweep.ts';
export { type EditionChoice, type EditionProof, verify } from './verify.ts';
