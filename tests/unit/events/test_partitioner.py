"""The partition of a key equals that of the Java client: `Utils.murmur2` and its partitioner."""

import pytest
from aiokafka.partitioner import murmur2

from natija_events.kafka import partition_of
from natija_events.topics import PARTITIONS

JAVA = [
    ("21", -973932308, 12),
    ("foobar", -790332482, 14),
    ("a-little-bit-long-string", -985981536, 0),
    ("a-little-bit-longer-string", -1486304829, 3),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 13),
    ("abc", 479470107, 11),
    ("ә", -2013534869, 11),
    ("KG-0000-0000-0000-00", 1250865221, 5),
    ("KG-0000-0000-0000-12", 136380491, 11),
    ("KZ-FZZZ-ZZZZ-ZZZZ-ZX", 968247647, 15),
    ("KG-DECY-TWFF-NJMK-2Z", -66623003, 5),
    ("KG-68QV-6YPA-RM9Y-GA", -83626686, 2),
    ("KG-CJ6V-CWAA-AH7G-2C", -1314863384, 8),
    ("KG-B6F7-W5SR-SXMS-FY", -1809506358, 10),
    ("KG-DVD6-WVT8-7DCX-YK", -1284098021, 11),
    ("KG-0AFY-S5GW-S28D-GZ", 753763745, 1),
    ("KG-CWYG-QFEN-R7R9-9M", 615786424, 8),
    ("KG-D2V2-391C-TXS3-FG", -1661643355, 5),
    ("KG-2EVY-BBAR-H117-VA", 148825392, 0),
    ("KG-2NDE-19W2-489Y-QG", 1292639559, 7),
    ("KG-DJJ6-5771-F3ME-98", -1823924269, 3),
    ("KG-02XM-Q6HG-0W0H-B4", 723511011, 3),
    ("KG-6S3E-F66K-W6MD-41", -989823442, 14),
    ("KG-F7F2-H0CT-7XSH-95", 749119957, 5),
    ("KG-FHGA-T6KE-VGE6-HM", -2027631134, 2),
    ("KG-5Y7K-V6PT-S94S-Y4", 935725613, 13),
    ("KG-EF52-X2QC-8NGR-0J", -762860256, 0),
]
"""From kafka-clients 4.3.1: key, Utils.murmur2(key), Utils.toPositive(…) % 16."""


@pytest.mark.parametrize(("key", "hashed", "partition"), JAVA)
def test_partition_equals_java_client(key: str, hashed: int, partition: int) -> None:
    assert murmur2(key.encode()) & 0xFFFFFFFF == hashed & 0xFFFFFFFF
    assert partition_of(key.encode()) == partition


def test_appeals_spread_over_all_partitions() -> None:
    assert PARTITIONS == 16
    assert {partition_of(f"KG-{count}".encode()) for count in range(500)} == set(range(16))
