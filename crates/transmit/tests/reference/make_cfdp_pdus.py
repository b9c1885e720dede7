"""Protocol data units made by the Python package spacepackets 0.32.0 (Apache-2.0), one a line: name,hex.

    pip install spacepackets==0.32.0 && python make_cfdp_pdus.py > cfdp_pdus.csv
"""

from spacepackets.cfdp import ChecksumType, ConditionCode, CrcFlag, Direction, LargeFileFlag, TransmissionMode
from spacepackets.cfdp.conf import PduConfig
from spacepackets.cfdp.defs import DeliveryCode, FileStatus
from spacepackets.cfdp.pdu import (
    AckPdu, DirectiveType, EofPdu, FileDataPdu, FinishedPdu, KeepAlivePdu, MetadataPdu, NakPdu, PromptPdu,
)
from spacepackets.cfdp.pdu.ack import TransactionStatus
from spacepackets.cfdp.pdu.file_data import FileDataParams
from spacepackets.cfdp.pdu.finished import FinishedParams
from spacepackets.cfdp.pdu.metadata import MetadataParams
from spacepackets.cfdp.pdu.prompt import ResponseRequired
from spacepackets.util import ByteFieldU16

ACKNOWLEDGED, UNACKNOWLEDGED = TransmissionMode.ACKNOWLEDGED, TransmissionMode.UNACKNOWLEDGED


def configuration(mode, crc, large):
    return PduConfig(
        source_entity_id=ByteFieldU16(0x0102),
        dest_entity_id=ByteFieldU16(0x0304),
        transaction_seq_num=ByteFieldU16(0x0A0B),
        trans_mode=mode,
        file_flag=LargeFileFlag.LARGE if large else LargeFileFlag.NORMAL,
        crc_flag=CrcFlag.WITH_CRC if crc else CrcFlag.NO_CRC,
        direction=Direction.TOWARDS_RECEIVER,
    )


def say(name, pdu):
    print(f"{name},{pdu.pack().hex()}")


for mode, mode_name in ((ACKNOWLEDGED, "class2"), (UNACKNOWLEDGED, "class1")):
    for crc in (0, 1):
        for large in (0, 1):
            kind = f"{mode_name}{' crc' if crc else ''}{' large' if large else ''}"
            parameters = MetadataParams(
                closure_requested=True,
                checksum_type=ChecksumType.CRC_32C,
                file_size=1234,
                source_file_name="a/src.bin",
                dest_file_name="dst.bin",
            )
            say(f"metadata {kind}", MetadataPdu(configuration(mode, crc, large), parameters))
            say(f"eof {kind}", EofPdu(configuration(mode, crc, large), file_checksum=bytes([1, 2, 3, 4]), file_size=1234))
            data = FileDataParams(file_data=b"hello", offset=100, segment_metadata=None)
            say(f"data {kind}", FileDataPdu(configuration(mode, crc, large), data))


def answer(crc=1, large=0):
    return configuration(ACKNOWLEDGED, crc, large)


requests = [(0, 0), (100, 200), (300, 1000)]
say("nak", NakPdu(answer(), start_of_scope=0, end_of_scope=1000, segment_requests=requests))
say("nak large", NakPdu(answer(0, 1), start_of_scope=0, end_of_scope=1000, segment_requests=[(100, 200)]))
say("ack eof", AckPdu(answer(), DirectiveType.EOF_PDU, ConditionCode.NO_ERROR, TransactionStatus.ACTIVE))
say("ack finished", AckPdu(answer(), DirectiveType.FINISHED_PDU, ConditionCode.NO_ERROR, TransactionStatus.TERMINATED))
finished = FinishedParams(
    delivery_code=DeliveryCode.DATA_COMPLETE,
    file_status=FileStatus.FILE_RETAINED,
    condition_code=ConditionCode.NO_ERROR,
)
say("finished", FinishedPdu(answer(), finished))
say("prompt nak", PromptPdu(answer(), ResponseRequired.NAK))
say("prompt keep alive", PromptPdu(answer(), ResponseRequired.KEEP_ALIVE))
say("keep alive", KeepAlivePdu(answer(), progress=777))
