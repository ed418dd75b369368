export { type Adding, addSubscriber, type NewSubscriber } from './add-subscriber.ts';
export { changePreferences, readPreferences } from './change-preferences.ts';
export { type Confirmation, confirm, lookAtConfirmation } from './confirm.ts';
export { eraseSubscriber } from './erase.ts';
export type { Origin } from './evidence.ts';
export { exportSubscriber, type SubscriberExport } from './export.ts';
export { changeFeed, feedTokenOf, readFeedReader } from './feed.ts';
export {
  type ImportFault,
  type ImportOptions,
  type ImportReport,
  importSubscribers,
} from './import-subscribers.ts';
export { askForProof, type Proven, readProof } from './prove.ts';
export { listSubscribers, nextDigestAt, showSubscriber } from './read-subscribers.ts';
export { type Address, normaliseAddress } from './rules/email-address.ts';
export { COLUMNS as IMPORT_COLUMNS, EXPORT_ONLY_COLUMNS } from './rules/import-header.ts';
export { readEntries, writeEntries } from './rules/import-line.ts';
export { addressHash, createLinks, type LinkPurpose, type Links, type TokenPurpose } from './rules/links.ts';
export {
  defaultPreferences,
  type FieldFault,
  type Preferences,
  preferencesSchema,
} from './rules/preferences.ts';
export {
  type PreferencesChange,
  type Reading,
  readPreferencesForm,
  readSignUpBody,
  readSignUpForm,
  type SignUp,
  signUpBodySchema,
} from './rules/sign-up.ts';
export { CONFIRMATION_LIFE_MS, CONFIRMATION_PAUSE_MS, type SubscriberState } from './rules/states.ts';
export { type Consent, countSubscribers, type Subscriber } from './store-read.ts';
export { type SubscriptionRequest, subscribe } from './subscribe.ts';
export { type Leaving, type LeavingOrigin, unsubscribe, unsubscribeByEmail } from './unsubscribe.ts';
