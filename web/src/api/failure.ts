import { t } from '../i18n/i18n.svelte';
import { ApiError } from './client';

// What happened, for a person: the node's own words where it answered.
export function failureText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('failed.unknown', { detail: String(error) });
  return error.status === 0 ? t('failed.unreachable') : error.detail || error.title;
}
