import type { system as en } from '../en/system';
import type { Same } from '../message';

export const system: Same<typeof en> = {
  'system.title': '系统',
};
