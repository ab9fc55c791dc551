"""Who gets which partition, where the membership is static.

Faust's assignor keeps partitions where they are: each member tells the leader what it holds. For a
member with a fixed identity that defeats the purpose: it comes back holding nothing, its metadata
differ from those of before, and Kafka rebalances the whole group (fact 15).
"""

from __future__ import annotations

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from faust.assignor.client_assignment import ClientAssignment, ClientMetadata
from faust.assignor.partition_assignor import PartitionAssignor


class StaticAssignor(PartitionAssignor):
    """Faust's assignor for members that say the same at each start."""

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """Return the topics, in order, and the url; nothing that a restart would change."""
        constant = ClientMetadata(
            assignment=ClientAssignment(actives={}, standbys={}),
            url=str(self._url),
            changelog_distribution={},
            external_topic_distribution={},
            topic_groups={},
        )
        return ConsumerProtocolMemberMetadata(self.version, sorted(topics), constant.dumps())
