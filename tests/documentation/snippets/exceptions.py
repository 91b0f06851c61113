from hanami_sdk import hanami_exceptions
try:
    (command)
except hanami_exceptions.NotFoundException as e:
    print(e)
except hanami_exceptions.UnauthorizedException as e:
    print(e)
except hanami_exceptions.BadRequestException as e:
    print(e)
except hanami_exceptions.ConflictException as e:
    print(e)
except hanami_exceptions.InternalServerErrorException as e:
    print("internal error")
