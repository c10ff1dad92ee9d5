"""Reference data of a realm: what bodies, codes and publishers it has, as the topic `appeals.reference` says."""
