import { common } from './common';
import { plant } from './plant';
import { system } from './system';
import { trend } from './trend';

export const en = { ...common, ...plant, ...system, ...trend };
