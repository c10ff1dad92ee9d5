"""Kafka as the chassis uses it: consumers, the subscription of a projection, requests aiokafka lacks."""
