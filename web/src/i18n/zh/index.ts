import type { en } from '../en';
import type { Same } from '../message';
import { common } from './common';
import { dataIn } from './data-in';
import { plant } from './plant';
import { system } from './system';
import { trend } from './trend';

export const zh: Same<typeof en> = { ...common, ...dataIn, ...plant, ...system, ...trend };
