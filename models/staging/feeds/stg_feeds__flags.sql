select * from {{ source('feeds', 'flags') }}
