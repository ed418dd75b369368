/**
 * The text beside the form's button, and what the consent record keeps. The template prints this very constant, so the
 * record cannot differ from what was shown. A change here is a new wording: old records keep the old.
 */
export const CONSENT_WORDING =
  'We mail you once to confirm. After that you get a digest of trending papers, and of what you follow, at the times you choose, until you unsubscribe by the link in every mail. We keep your address, your choices and votes, and when and from where you asked, for nothing else.';

/** What is recorded where no form of ours was shown. */
export const API_WORDING =
  'Asked for through POST /api/v1/subscriptions. Paperboy showed no form; the confirmation mail says what is confirmed.';
