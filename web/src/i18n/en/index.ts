import { common } from './common';
import { plant } from './plant';
import { system } from './system';

export const en = { ...common, ...plant, ...system };
