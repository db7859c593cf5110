import type { plant as en } from '../en/plant';
import type { Same } from '../message';

export const plant: Same<typeof en> = {
  'plant.title': '工厂',
  'plant.assets': '{n} 个资产',
  'plant.search': '搜索资产',
  'plant.choose': '请选择一个资产，查看它的测点。',
  'plant.signals': '测点',
  'plant.signal': '测点',
  'plant.value': '值',
  'plant.quality': '质量',
  'plant.age': '时效',
  'plant.none': '没有名称包含“{text}”的资产。',
  'plant.noSignals': '该资产没有自己的测点。',
  'plant.emptyTitle': '还没有数据',
  'plant.emptyHelp': '名称无需事先配置：发送第一个值，对应的资产和测点就会出现在这里。',
  'plant.emptyHttp': '通过 HTTP 发送行协议',
  'plant.emptyMqtt': '通过 MQTT 发送 JSON',
};
