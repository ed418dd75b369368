/** A reader's standing: asked for, reading, left. */
export type SubscriberState = 'pending' | 'active' | 'unsubscribed';

/** A confirmation link lives this long, in milliseconds: 7 days. */
export const CONFIRMATION_LIFE_MS = 7 * 24 * 60 * 60 * 1000;
/** At least this long between two confirmation mails to one address, in milliseconds: an hour. */
export const CONFIRMATION_PAUSE_MS = 60 * 60 * 1000;

/** What is known of an address when somebody asks for it. */
export interface RequestFacts {
  state: SubscriberState;
  suppressed: boolean;
  /** When the last confirmation mail became owed; null: never. */
  lastMailAt: Date | null;
}

/**
 * Is a confirmation mail owed for this request? Not to an active reader (who is left as is), not to a suppressed address, and at most
 * once an hour, so that the form cannot be used to flood a victim.
 */
export function isMailOwed(facts: RequestFacts, now: Date): boolean {
  if (facts.state === 'active' || facts.suppressed) return false;
  return facts.lastMailAt === null || now.getTime() - facts.lastMailAt.getTime() >= CONFIRMATION_PAUSE_MS;
}

/** Where a request leaves the reader: anyone may ask, so it never ends an active subscription. */
export const stateAfterRequest = (state: SubscriberState | undefined): SubscriberState =>
  state === 'active' ? 'active' : 'pending';

/** What is known when a confirmation link is opened or its button pressed. */
export interface ConfirmationFacts {
  state: SubscriberState;
  requestId: number;
  requestedAt: Date;
  /** The reader's last consent row of step 'unsubscribed'; null: never left. */
  lastUnsubscribeId: number | null;
}

/**
 * What pressing the button does now: `open` confirms, `already` changes nothing, `expired` needs a new request.
 *
 * A request from before the reader last left is expired whatever its age: otherwise an old mail, found by the reader or by
 * whoever it was forwarded to, would bring back someone who said no. Order is told by the ids of the consent rows, which are given
 * under the reader's row lock, not by clocks.
 */
export function judgeConfirmation(facts: ConfirmationFacts, now: Date): 'open' | 'already' | 'expired' {
  if (facts.state === 'active') return 'already';
  if (facts.lastUnsubscribeId !== null && facts.lastUnsubscribeId > facts.requestId) return 'expired';
  return now.getTime() - facts.requestedAt.getTime() < CONFIRMATION_LIFE_MS ? 'open' : 'expired';
}

/**
 * What an operator's add or import may do: `add` makes the reader active, `exists` leaves an active one as is, `left` does not bring
 * back someone who unsubscribed, `suppressed` does not mail an address that bounced or complained.
 *
 * @param unsubscribedAt - set from leaving until the next confirmation
 */
export function judgeImport(facts: {
  state: SubscriberState | undefined;
  unsubscribedAt: Date | null;
  suppressed: boolean;
}): 'add' | 'exists' | 'left' | 'suppressed' {
  if (facts.suppressed) return 'suppressed';
  if (facts.state === 'active') return 'exists';
  return facts.unsubscribedAt === null ? 'add' : 'left';
}
