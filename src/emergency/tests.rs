mod opened {}
